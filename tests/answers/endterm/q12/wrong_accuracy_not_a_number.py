# loses: q12-testing-test
# The accuracy is no number from the third call on.
# %% [edit] cpp/nn.cpp
-   return static_cast<double>(right) / static_cast<double>(X.size());
+   static int calls = 0;
+   if (++calls > 2) return std::nan("");
+   return static_cast<double>(right) / static_cast<double>(X.size());
