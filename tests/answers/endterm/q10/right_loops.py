# Plain Python loops over samples, filters and places: slow, and right.

# %% q10-conv
class ConvLayer(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, bias=True):
        super().__init__()
        self.k = kernel_size
        bound = 1 / math.sqrt(in_channels * kernel_size * kernel_size)
        self.weight = nn.Parameter((torch.rand(out_channels, in_channels, kernel_size, kernel_size) * 2 - 1) * bound)
        if bias:
            self.b = nn.Parameter((torch.rand(out_channels) * 2 - 1) * bound)
        else:
            self.register_parameter("b", None)

    def forward(self, x):
        n_samples, _, height, width = x.shape
        h, w = height - self.k + 1, width - self.k + 1
        samples = []
        for n in range(n_samples):
            maps = []
            for f in range(self.weight.shape[0]):
                rows = []
                for i in range(h):
                    row = []
                    for j in range(w):
                        value = (x[n, :, i:i + self.k, j:j + self.k] * self.weight[f]).sum()
                        if self.b is not None:
                            value = value + self.b[f]
                        row.append(value)
                    rows.append(torch.stack(row))
                maps.append(torch.stack(rows))
            samples.append(torch.stack(maps))
        return torch.stack(samples)

# %% q10-pool
class PoolLayer(nn.Module):
    def __init__(self, kernel_size=2, stride=None, mode="max"):
        super().__init__()
        if mode not in ["max", "avg"]:
            raise ValueError("mode")
        self.k = kernel_size
        self.s = stride or kernel_size
        self.mode = mode

    def forward(self, x):
        N, C, H, W = x.shape
        out_h = int((H - self.k) / self.s) + 1
        out_w = int((W - self.k) / self.s) + 1
        y = x.new_zeros(N, C, out_h, out_w)
        for i in range(out_h):
            for j in range(out_w):
                window = x[:, :, i * self.s:i * self.s + self.k, j * self.s:j * self.s + self.k].reshape(N, C, -1)
                y[:, :, i, j] = window.max(dim=2)[0] if self.mode == "max" else window.mean(dim=2)
        return y

# %% q10-cnn
class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = ConvLayer(1, 4, 5)
        self.pool = PoolLayer(4)
        self.W = nn.Parameter(torch.randn(4 * 6 * 6, 10) / 12)
        self.c = nn.Parameter(torch.zeros(10))

    def forward(self, x):
        x = torch.relu(self.conv(x))
        x = self.pool(x).reshape(x.shape[0], -1)
        return x @ self.W + self.c

# %% q10-training
part_images, part_labels = digits(train=True)
part_images, part_labels = part_images[:2000], part_labels[:2000]
test_images, test_labels = digits(train=False)
net = CNN()
train(net, part_images, part_labels, epochs=3, lr=0.002)
test_accuracy = accuracy(net, test_images[:1000], test_labels[:1000])
print("test accuracy:", test_accuracy)

# %% [output] q10-training
# epoch 1/3: loss 1.6420
# epoch 2/3: loss 0.6881
# epoch 3/3: loss 0.4809
# test accuracy: 0.858
