# loses: q10-conv-parameters-test
# Kernels and bias are plain tensors: nothing is registered, nothing is trained.

# %% q10-conv
class ConvLayer(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, bias=True):
        super().__init__()
        self.k = kernel_size
        self.kernels = torch.randn(out_channels, in_channels, kernel_size, kernel_size, requires_grad=True)
        self.bias = torch.zeros(out_channels, requires_grad=True) if bias else None

    def forward(self, x):
        N, C, H, W = x.shape
        k = self.k
        y = (self.kernels.flatten(1) @ nn.functional.unfold(x, k)).reshape(N, -1, H - k + 1, W - k + 1)
        if self.bias is not None:
            y = y + self.bias[:, None, None]
        return y
