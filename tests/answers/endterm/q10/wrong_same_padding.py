# loses: q10-conv-value-test
# The picture is padded, so the sides do not shrink.

# %% q10-conv
class ConvLayer(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, bias=True):
        super().__init__()
        self.k = kernel_size
        self.kernels = nn.Parameter(torch.randn(out_channels, in_channels, kernel_size, kernel_size) * (2 / (in_channels * kernel_size**2)) ** 0.5)
        self.bias = nn.Parameter(torch.zeros(out_channels)) if bias else None

    def forward(self, x):
        N, C, H, W = x.shape
        k = self.k
        x = nn.functional.pad(x, (0, k - 1, 0, k - 1))
        y = (self.kernels.flatten(1) @ nn.functional.unfold(x, k)).reshape(N, -1, H, W)
        if self.bias is not None:
            y = y + self.bias[:, None, None]
        return y

# %% q10-cnn
class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = ConvLayer(1, 8, 5), ConvLayer(8, 16, 5)
        self.pool = PoolLayer(2)
        self.head = DenseLayer(16 * 7 * 7, 10)

    def forward(self, x):
        x = self.pool(self.conv1(x).relu())
        x = self.pool(self.conv2(x).relu())
        return self.head(x.flatten(1))
