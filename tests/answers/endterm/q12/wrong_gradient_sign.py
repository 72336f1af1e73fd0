# loses: q12-gradient-test q12-training-test
# The step goes uphill.
# %% [edit] cpp/nn.cpp
-         layer.W[j][i] -= learning_rate * layer.dW[j][i];
+         layer.W[j][i] += learning_rate * layer.dW[j][i];

-       layer.b[j] -= learning_rate * layer.db[j];
+       layer.b[j] += learning_rate * layer.db[j];
