# loses: q10-cnn-parameters-test
# The convolutions stand in a plain list, so the network does not register them.

# %% q10-cnn
class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = [ConvLayer(1, 8, 5), PoolLayer(2), nn.ReLU(), ConvLayer(8, 16, 5), PoolLayer(2), nn.ReLU()]
        self.head = DenseLayer(16 * 4 * 4, 10)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return self.head(x.flatten(1))
