# loses: q10-conv-value-test
# Rows and columns of the kernel are exchanged.

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
        windows = x.unfold(2, k, 1).unfold(3, k, 1)
        y = torch.einsum("nchwuv,fcvu->nfhw", windows, self.kernels)
        if self.bias is not None:
            y = y + self.bias[:, None, None]
        return y
