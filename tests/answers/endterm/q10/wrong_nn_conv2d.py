# loses: q10-conv-own-test q10-conv-value-test q10-conv-gradient-test q10-conv-bias-test q10-conv-parameters-test
# The layer wraps nn.Conv2d.

# %% q10-conv
class ConvLayer(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, bias=True):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size, bias=bias)

    def forward(self, x):
        return self.conv(x)
