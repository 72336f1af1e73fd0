# loses: q12-forward-test q12-loss-test q12-gradient-test q12-step-test q12-training-test q12-testing-test
# A semicolon is missing.
# %% [edit] cpp/nn.cpp
-   a_ = activations(x);
+   a_ = activations(x)
