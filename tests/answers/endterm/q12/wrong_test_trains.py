# loses: q12-testing-test
# The testing loop takes a step for every sample.
# %% [edit] cpp/nn.cpp
-   for (std::size_t n = 0; n < X.size(); ++n) right += same_answer(activations(X[n]).back(), Y[n]);
+   for (std::size_t n = 0; n < X.size(); ++n) {
+     train_step(X[n], Y[n], 0.01);
+     right += same_answer(a_.back(), Y[n]);
+   }
