# loses: q12-step-test
# The gradients are added to those of earlier samples, an eighth of which stays.
# %% [edit] cpp/nn.cpp
-       for (std::size_t i = 0; i < a.size(); ++i) layer.dW[j][i] = delta[j] * a[i];
+       for (std::size_t i = 0; i < a.size(); ++i) layer.dW[j][i] = layer.dW[j][i] / 8 + delta[j] * a[i];
