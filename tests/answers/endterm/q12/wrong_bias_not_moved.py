# loses: q12-gradient-test
# The biases keep their first values.
# %% [edit] cpp/nn.cpp
-       layer.b[j] -= learning_rate * layer.db[j];
+       // the bias of neuron j
