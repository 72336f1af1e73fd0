# loses: q10-cnn-output-test
# The features are normalised over the batch by hand, also in eval mode.

# %% q10-cnn
class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = ConvLayer(1, 8, 5)
        self.conv2 = ConvLayer(8, 16, 5)
        self.pool = PoolLayer(2)
        self.head = DenseLayer(16 * 4 * 4, 10)

    def forward(self, x):
        x = self.pool(self.conv1(x)).relu()
        x = self.pool(self.conv2(x)).relu()
        return self.head((x - x.mean(0)).flatten(1) / 3)
