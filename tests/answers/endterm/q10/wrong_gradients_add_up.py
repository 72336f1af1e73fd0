# loses: q10-train-loop-test q10-train-test
# The gradients are never set to zero: they add up, and nothing is learned in the budget.

# %% q10-train
def train(model, images, labels, epochs, lr):
    optimiser = torch.optim.Adam(model.parameters(), lr=lr)
    losses = []
    for epoch in range(1, epochs + 1):
        total = 0.0
        order = torch.randperm(len(images))
        for batch in order.split(32):
            loss = nn.functional.cross_entropy(model(images[batch]), labels[batch])
            pass
            loss.backward()
            optimiser.step()
            total += loss.item() * len(batch)
        losses.append(total / len(images))
        print(f"epoch {epoch}/{epochs}: loss {losses[-1]:.4f}")
    return losses
