"""Your own PyTorch module.

Any module that takes users and items can be trained on ratings with any optimiser and loss. A new user gets a row
without training the module again.

Needs `pip install 'penchant[torch]'`.
"""

import numpy as np
import pandas as pd
import torch
from torch import nn

import penchant as pt
from penchant.lesson import ColumnarModelData, fit, get_cv_idxs
from penchant.recommending.fold_in_module import with_new_user


class Taste(nn.Module):
    """A dot product with biases, and a hidden layer on the product of the two vectors."""

    def __init__(self, users, items, width):
        super().__init__()
        self.u, self.i = nn.Embedding(users, width), nn.Embedding(items, width)
        self.ub, self.ib = nn.Embedding(users, 1), nn.Embedding(items, 1)
        self.layer = nn.Linear(width, 1)
        for table in (self.u, self.i, self.ub, self.ib):
            nn.init.normal_(table.weight, std=0.05)

    def forward(self, users, items):
        score = self.layer(self.u(users) * self.i(items)) + self.ub(users) + self.ib(items)
        return 0.5 + 5 * torch.sigmoid(score)


# %% The data: one row of numbers for each rating, and the lesson's validation rows.

ratings = pt.movielens()
columns = {"user": ratings.user_numbers, "item": ratings.item_numbers}

data = ColumnarModelData.from_data_frame(
    ".", get_cv_idxs(len(ratings)), pd.DataFrame(columns), pd.Series(ratings.values), ["user", "item"], 1024
)

# %% Training, with any optimiser and loss.

with torch.random.fork_rng():
    torch.random.default_generator.manual_seed(0)
    module = Taste(ratings.n_users, ratings.n_items, 16)
optimiser = torch.optim.AdamW(module.parameters(), 5e-3, weight_decay=0.2)  # too little: see the picture
history = fit(module, data, 6, optimiser, nn.functional.mse_loss)

# %% A new user with three ratings; all other rows stay as they are.

bigger, number = with_new_user(module, np.array([3, 14, 15]), np.array([4.5, 3.0, 5.0]))
print("the new user is row", number)

# %% The picture: the error after each epoch. After the second the module memorizes the training rows: stop there,
# or raise the weight decay.

from drawing import axes, save

drawn = axes("Training your own module", x="epoch", y="RMSE")
for name, label in (("train_loss", "training rows"), ("validation_loss", "validation rows")):
    drawn.plot(range(1, 7), [row[name] ** 0.5 for row in history], marker="o", label=label)
drawn.legend(frameon=False)
save(__file__)
