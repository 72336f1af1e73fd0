# loses: q07-properties-test
# Everything that looks like ReLU gets ReLU's row.
# %% q07-properties
properties = {
    "sigmoid": {"range": (0, 1), "monotone": True, "smooth": True, "zero_centred": False, "saturating": "both", "lipschitz": 0.25},
    "tanh": {"range": (-1, 1), "monotone": True, "smooth": True, "zero_centred": True, "saturating": "both", "lipschitz": 1},
    "relu": {"range": (0, np.inf), "monotone": True, "smooth": False, "zero_centred": False, "saturating": "left", "lipschitz": 1},
    "leaky_relu": {"range": (0, np.inf), "monotone": True, "smooth": False, "zero_centred": False, "saturating": "left", "lipschitz": 1},
    "elu": {"range": (0, np.inf), "monotone": True, "smooth": False, "zero_centred": False, "saturating": "left", "lipschitz": 1},
    "softplus": {"range": (0, np.inf), "monotone": True, "smooth": False, "zero_centred": False, "saturating": "left", "lipschitz": 1},
    "gelu": {"range": (0, np.inf), "monotone": True, "smooth": False, "zero_centred": False, "saturating": "left", "lipschitz": 1},
    "swish": {"range": (0, np.inf), "monotone": True, "smooth": False, "zero_centred": False, "saturating": "left", "lipschitz": 1},
}
