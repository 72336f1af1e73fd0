# loses: q02-direction-test
# Direction (0.55, 0.82) for (0.557, -0.830), with the scores that follow from it.
# %% q02-data
data_mean = np.array([8, 8.5])
data_covariance = np.array([[14, -11], [-11, 23]])
data_explained = 30.3849 / 37
data_direction = np.array([0.55, 0.82])
data_scores = np.array([-0.15, -3.69, -0.12, 3.96])
