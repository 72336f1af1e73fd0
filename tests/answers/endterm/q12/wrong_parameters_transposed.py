# loses: q12-forward-test
# Parameters go in and out with the loops over inputs and neurons exchanged.
# %% [edit] cpp/nn.cpp
-     for (const auto& row : layer.W) p.insert(p.end(), row.begin(), row.end());
+     for (std::size_t i = 0; i < layer.W[0].size(); ++i) {
+       for (const auto& row : layer.W) p.push_back(row[i]);
+     }

-     for (auto& row : layer.W) {
-       for (double& w : row) w = *next++;
-     }
+     for (std::size_t i = 0; i < layer.W[0].size(); ++i) {
+       for (auto& row : layer.W) row[i] = *next++;
+     }
