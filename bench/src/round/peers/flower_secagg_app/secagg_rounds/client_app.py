"""What a client of the masked no-op app does: adds a constant to every value; Flower's mod masks what it answers."""

import numpy as np
from flwr.client import ClientApp, NumPyClient
from flwr.client.mod import secaggplus_mod


class AddConstant(NumPyClient):
    """Answers with the model plus 2**-10."""

    def fit(self, parameters, config):
        """One sample each, so that all clients weigh the same."""
        return [values + np.float32(2**-10) for values in parameters], 1, {}


app = ClientApp(client_fn=lambda context: AddConstant().to_client(), mods=[secaggplus_mod])
