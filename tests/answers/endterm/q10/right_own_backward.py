# The backward pass of the convolution by hand, in an autograd function; a network made by a function of layers.

# %% q10-conv
class Correlate(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, kernel):
        k = kernel.shape[-1]
        columns = nn.functional.unfold(x, k)
        ctx.save_for_backward(columns, kernel)
        ctx.size = x.shape
        y = torch.matmul(kernel.reshape(len(kernel), -1), columns)
        return y.reshape(len(x), len(kernel), x.shape[2] - k + 1, x.shape[3] - k + 1)

    @staticmethod
    def backward(ctx, dy):
        columns, kernel = ctx.saved_tensors
        flat = dy.reshape(dy.shape[0], dy.shape[1], -1)
        dkernel = torch.einsum("nfl,nql->fq", flat, columns).reshape(kernel.shape)
        dcolumns = torch.matmul(kernel.reshape(len(kernel), -1).T, flat)
        return nn.functional.fold(dcolumns, ctx.size[2:], kernel.shape[-1]), dkernel


class ConvLayer(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, bias=True):
        super().__init__()
        self.K = nn.Parameter(torch.randn(out_channels, in_channels, kernel_size, kernel_size) / kernel_size / in_channels ** 0.5)
        self.use_bias = bias
        if bias:
            self.b = nn.Parameter(torch.randn(out_channels, 1, 1) * 0.01)

    def forward(self, x):
        y = Correlate.apply(x, self.K)
        return y + self.b if self.use_bias else y

# %% q10-cnn
class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(ConvLayer(1, 10, 7, bias=False), PoolLayer(3, 2), nn.ReLU(), nn.Flatten())
        self.readout = DenseLayer(10 * 10 * 10, 10)

    def forward(self, x):
        return self.readout(self.features(x))
