# loses: q10-logits-test
# A softmax follows the last layer, before the cross entropy.

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
        return torch.softmax(self.head(x.flatten(1)), dim=1)
