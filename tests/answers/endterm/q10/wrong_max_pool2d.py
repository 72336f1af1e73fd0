# loses: q10-pool-own-test q10-pool-test q10-pool-edge-test
# The layer wraps the library's pooling.

# %% q10-pool
class PoolLayer(nn.Module):
    def __init__(self, kernel_size=2, stride=None, mode="max"):
        super().__init__()
        self.pool = nn.MaxPool2d(kernel_size, stride) if mode == "max" else nn.AvgPool2d(kernel_size, stride)

    def forward(self, x):
        return self.pool(x)
