# loses: q12-gradient-test
# The hidden error begins with y_hat - y; the output layer itself has its derivative. It still learns.
# %% [from] right_matrix_class
# %% [edit] cpp/nn.cpp
-     error = W[l].transposed_times(delta[l]);
+     error = W[l].transposed_times(l + 1 == W.size() ? error : delta[l]);
