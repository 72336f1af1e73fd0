# loses: q12-forward-test q12-loss-test q12-gradient-test q12-step-test q12-training-test q12-testing-test
# Every output is no number.
# %% [edit] cpp/nn.cpp
-   return a_.back();
+   return std::vector<double>(outputs(), std::nan(""));
