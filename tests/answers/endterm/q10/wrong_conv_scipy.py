# loses: q10-conv-own-test q10-conv-value-test q10-conv-gradient-test q10-conv-bias-test q10-conv-parameters-test
# SciPy's correlation.

# %% q10-conv
from scipy import signal


class ConvLayer(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, bias=True):
        super().__init__()
        self.kernels = nn.Parameter(torch.randn(out_channels, in_channels, kernel_size, kernel_size) * 0.2)
        self.bias = nn.Parameter(torch.zeros(out_channels)) if bias else None

    def forward(self, x):
        K = self.kernels.detach().numpy()
        pictures = x.detach().numpy()
        y = torch.stack([
            torch.stack([torch.from_numpy(sum(signal.correlate2d(p[c], f[c], mode="valid") for c in range(len(p)))) for f in K]) for p in pictures
        ])
        return y if self.bias is None else y + self.bias[:, None, None]
