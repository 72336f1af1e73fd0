# loses: q12-step-test
# Each layer is updated before its weights carry the error to the layer below.
# %% [edit] cpp/nn.cpp
-   const double before = loss(forward(x), y);
-   backward(y);
-   gradient_descent(learning_rate);
-   return before;
+   const double before = loss(forward(x), y);
+   std::vector<double> delta(y.size());
+   for (std::size_t j = 0; j < y.size(); ++j) delta[j] = a_.back()[j] - y[j];
+   for (std::size_t l = layers_.size(); l-- > 0;) {
+     const std::vector<double>& a = a_[l];
+     for (std::size_t j = 0; j < delta.size(); ++j) {
+       for (std::size_t i = 0; i < a.size(); ++i) {
+         layers_[l].W[j][i] -= learning_rate * delta[j] * a[i];
+       }
+       layers_[l].b[j] -= learning_rate * delta[j];
+     }
+     if (l == 0) break;
+     delta = transposed_times(layers_[l].W, delta);
+     for (std::size_t i = 0; i < a.size(); ++i) delta[i] *= 1.0 - a[i] * a[i];
+   }
+   return before;
