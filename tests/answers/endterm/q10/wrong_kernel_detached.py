# loses: q10-conv-gradient-test
# The kernels are used through .data, so no gradient reaches them.

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
        y = (self.kernels.data.flatten(1) @ nn.functional.unfold(x, k)).reshape(N, -1, H - k + 1, W - k + 1)
        if self.bias is not None:
            y = y + self.bias[:, None, None]
        return y
