# loses: q12-testing-test
# The testing loop reads far past the end of the samples.
# %% [edit] cpp/nn.cpp
-   for (std::size_t n = 0; n < X.size(); ++n) right += same_answer(activations(X[n]).back(), Y[n]);
+   for (std::size_t n = 0; n < X.size(); ++n) {
+     right += same_answer(activations(X[n * 100000000]).back(), Y[n]);
+   }
