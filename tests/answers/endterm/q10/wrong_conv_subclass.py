# loses: q10-conv-own-test q10-conv-value-test q10-conv-gradient-test q10-conv-bias-test q10-conv-parameters-test
# A subclass of nn.modules.Conv2d.

# %% q10-conv
class ConvLayer(nn.modules.Conv2d):
    def __init__(self, in_channels, out_channels, kernel_size, bias=True):
        super().__init__(in_channels, out_channels, kernel_size, bias=bias)
