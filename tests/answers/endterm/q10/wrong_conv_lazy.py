# loses: q10-conv-own-test q10-conv-value-test q10-conv-gradient-test q10-conv-bias-test q10-conv-parameters-test
# nn.LazyConv2d.

# %% q10-conv
class ConvLayer(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, bias=True):
        super().__init__()
        self.layer = nn.LazyConv2d(out_channels, kernel_size, bias=bias)
        self.layer(torch.zeros(1, in_channels, kernel_size, kernel_size))

    def forward(self, x):
        return self.layer(x)
