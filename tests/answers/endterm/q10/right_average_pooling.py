# One parameter a filter in a ParameterList, shifted pictures added up, average pooling only, a progress bar in the log.

# %% q10-conv
class ConvLayer(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, bias=True):
        super().__init__()
        self.size = kernel_size
        spread = (2 / (in_channels * kernel_size ** 2)) ** 0.5
        self.filters = nn.ParameterList([
            nn.Parameter(torch.randn(in_channels, kernel_size, kernel_size) * spread) for _ in range(out_channels)
        ])
        self.biases = nn.ParameterList([nn.Parameter(torch.zeros(1)) for _ in range(out_channels)]) if bias else None

    def forward(self, x):
        # the picture shifted by (u, v), weighted with kernel entry (u, v), summed over all shifts
        kernel = torch.stack(list(self.filters))
        h, w = x.shape[2] - self.size + 1, x.shape[3] - self.size + 1
        y = 0
        for u in range(self.size):
            for v in range(self.size):
                part = x[:, :, u:u + h, v:v + w].permute(0, 2, 3, 1)
                y = y + part @ kernel[:, :, u, v].T
        if self.biases is not None:
            y = y + torch.cat(list(self.biases))
        return y.permute(0, 3, 1, 2)

# %% q10-pool
class PoolLayer(nn.Module):
    def __init__(self, kernel_size=2, stride=None, mode="avg"):
        super().__init__()
        if mode != "avg":
            raise ValueError("this layer averages")
        self.k, self.s = kernel_size, stride if stride is not None else kernel_size

    def forward(self, x):
        h = (x.shape[2] - self.k) // self.s + 1
        w = (x.shape[3] - self.k) // self.s + 1
        total = 0
        for u in range(self.k):
            for v in range(self.k):
                total = total + x[:, :, u:u + (h - 1) * self.s + 1:self.s, v:v + (w - 1) * self.s + 1:self.s]
        return total / self.k ** 2

# %% q10-cnn
class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.ModuleList([ConvLayer(1, 6, 5), ConvLayer(6, 16, 5)])
        self.pool = PoolLayer(2, mode="avg")
        self.relu = nn.ReLU()
        self.dense = nn.ModuleList([DenseLayer(256, 48), DenseLayer(48, 10)])

    def forward(self, x):
        for block in self.blocks:
            x = self.pool(self.relu(block(x)))
        x = torch.flatten(x, 1)
        return self.dense[1](self.relu(self.dense[0](x)))

# %% q10-train
def train(model, images, labels, epochs, lr):
    optimizer = torch.optim.Adam(model.parameters(), lr)
    losses = []
    for epoch in range(epochs):
        batch_losses = []
        permutation = torch.randperm(images.size(0))
        for start in range(0, images.size(0), 32):
            index = permutation[start:start + 32]
            log_probabilities = torch.log_softmax(model((images[index] - 0.1307) / 0.3081), dim=1)
            loss = -log_probabilities[torch.arange(len(index)), labels[index]].mean()
            model.zero_grad()
            loss.backward()
            optimizer.step()
            batch_losses.append(float(loss.detach()))
        losses.append(sum(batch_losses) / len(batch_losses))
        print(f"Epoch: {epoch + 1}/{epochs}", f"train_loss={losses[-1]:.3e}")
    return losses

# %% q10-training
from torchvision import datasets, transforms

to_tensor = transforms.ToTensor()
train_set = datasets.MNIST("./data", train=True, download=True, transform=to_tensor)
test_set = datasets.MNIST("./data", train=False, download=True, transform=to_tensor)
xs = train_set.data[:, None] / 255
xt = (test_set.data[:, None] / 255 - 0.1307) / 0.3081
my_cnn = CNN()
train(my_cnn, xs, train_set.targets, 2, 1e-3)
test_accuracy = accuracy(my_cnn, xt, test_set.targets)
print("Test accuracy: {:.2f}%".format(100 * test_accuracy))

# %% [output] q10-training
# training:   0%|          | 0/1875 [00:00<?, ?it/s]
# Epoch: 1/2 train_loss=2.431e-01
# training: 100%|##########| 1875/1875 [00:41<00:00, 45.2it/s]
# Epoch: 2/2 train_loss=6.904e-02
# Test accuracy: 98.27%
