# loses: q07-properties-test
# The claim that Swish is monotone, and nothing else wrong.
# %% q07-properties
properties = {
    "sigmoid": {"range": (0, 1), "monotone": True, "smooth": True, "zero_centred": False, "saturating": "both", "lipschitz": 0.25},
    "tanh": {"range": (-1, 1), "monotone": True, "smooth": True, "zero_centred": True, "saturating": "both", "lipschitz": 1},
    "relu": {"range": (0, np.inf), "monotone": True, "smooth": False, "zero_centred": False, "saturating": "left", "lipschitz": 1},
    "leaky_relu": {"range": (-np.inf, np.inf), "monotone": True, "smooth": False, "zero_centred": False, "saturating": "none", "lipschitz": 1},
    "elu": {"range": (-1, np.inf), "monotone": True, "smooth": False, "zero_centred": False, "saturating": "left", "lipschitz": 1},
    "softplus": {"range": (0, np.inf), "monotone": True, "smooth": True, "zero_centred": False, "saturating": "left", "lipschitz": 1},
    "gelu": {"range": (-0.17, np.inf), "monotone": False, "smooth": True, "zero_centred": False, "saturating": "left", "lipschitz": 1.129},
    "swish": {"range": (-0.2785, np.inf), "monotone": True, "smooth": True, "zero_centred": False, "saturating": "left", "lipschitz": 1.0998},
}
