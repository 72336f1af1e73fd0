# loses: q10-pool-test q10-pool-edge-test
# A border of zeros is put around the picture before the maximum is taken.

# %% q10-pool
class PoolLayer(nn.Module):
    def __init__(self, kernel_size=2, stride=None, mode="max"):
        super().__init__()
        if mode not in ("max", "avg"):
            raise ValueError(mode)
        self.k, self.s, self.mode = kernel_size, stride or kernel_size, mode

    def forward(self, x):
        x = nn.functional.pad(x, (1, 0, 1, 0))
        windows = x.unfold(2, self.k, self.s).unfold(3, self.k, self.s).flatten(4)
        return windows.amax(4) if self.mode == "max" else windows.mean(4)
