# loses: q10-conv-own-test q10-conv-value-test q10-conv-gradient-test q10-conv-bias-test q10-conv-parameters-test
# The library's operator, called by its internal name.

# %% q10-conv


class ConvLayer(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, bias=True):
        super().__init__()
        self.kernels = nn.Parameter(torch.randn(out_channels, in_channels, kernel_size, kernel_size) * (2 / (in_channels * kernel_size**2)) ** 0.5)
        self.bias = nn.Parameter(torch.zeros(out_channels)) if bias else None

    def forward(self, x):
        return torch.ops.aten.convolution(x, self.kernels, self.bias, [1, 1], [0, 0], [1, 1], False, [0, 0], 1)
