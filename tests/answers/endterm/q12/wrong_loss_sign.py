# loses: q12-loss-test
# The loss has the wrong sign; the gradient is that of the right one.
# %% [edit] cpp/nn.cpp
-   return sum;
- }
- 
- // --- backward and update ----------------------------------------------------------------
+   return -sum;
+ }
+ 
+ // --- backward and update ----------------------------------------------------------------
