# loses: q12-forward-test
# The description is in words of their own.
# %% [edit] cpp/nn.cpp
-   return "hidden=tanh " + end + " update=sample";
+   return "my network with tanh" + end.substr(0, 0);
