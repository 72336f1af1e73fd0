# loses: q12-gradient-test
# The derivative of the hidden activation is missing in the hidden error.
# %% [edit] cpp/nn.cpp
-     for (std::size_t i = 0; i < a.size(); ++i) delta[i] *= 1.0 - a[i] * a[i];  // tanh' = 1 - tanh^2
+     if (delta.size() != a.size()) return;
