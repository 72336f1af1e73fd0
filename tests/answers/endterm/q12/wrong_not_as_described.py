# loses: q12-forward-test
# The description names the logistic function, but tanh is computed.
# %% [edit] cpp/nn.cpp
-   return "hidden=tanh " + end + " update=sample";
+   return "hidden=sigmoid " + end + " update=sample";
