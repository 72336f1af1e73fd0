# loses: q12-testing-test
# The accuracy is given in percent.
# %% [edit] cpp/nn.cpp
-   return static_cast<double>(right) / static_cast<double>(X.size());
+   return 100.0 * static_cast<double>(right) / static_cast<double>(X.size());
