"""Makes the weights of kmnist_model: datasets, recipe, fit, report, export.

Run it as `python -m train`.
"""

import warnings

# fastai 2.8 compiles a few functions with torch.jit when it is imported; not fixable here.
warnings.filterwarnings("ignore", message=r"`torch\.jit\.script` is deprecated", category=FutureWarning)
