# loses: q10-train-test
# The rate is much too small, so that next to nothing is learned in the budget.

# %% q10-train
def train(model, images, labels, epochs, lr):
    optimiser = torch.optim.SGD(model.parameters(), lr=lr / 50)
    losses = []
    for epoch in range(1, epochs + 1):
        total = 0.0
        for batch in torch.randperm(len(images)).split(32):
            loss = nn.functional.cross_entropy(model(images[batch]), labels[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.item() * len(batch)
        losses.append(total / len(images))
        print(f"epoch {epoch}/{epochs}: loss {losses[-1]:.4f}")
    return losses
