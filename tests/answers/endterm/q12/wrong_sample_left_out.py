# loses: q12-training-test
# The last sample of the order is never visited.
# %% [edit] cpp/nn.cpp
-     for (const std::size_t n : order) sum += train_step(X[n], Y[n], learning_rate);
+     for (std::size_t k = 0; k + 1 < order.size(); ++k) {
+       sum += train_step(X[order[k]], Y[order[k]], learning_rate);
+     }
