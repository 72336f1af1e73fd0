# loses: q10-logits-test
# The training loop applies a sigmoid before the cross entropy.

# %% q10-train
def train(model, images, labels, epochs, lr):
    optimiser = torch.optim.Adam(model.parameters(), lr=lr)
    losses = []
    for epoch in range(1, epochs + 1):
        total = 0.0
        order = torch.randperm(len(images))
        for batch in order.split(32):
            loss = nn.CrossEntropyLoss()(model(images[batch]).sigmoid(), labels[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.item() * len(batch)
        losses.append(total / len(images))
        print(f"epoch {epoch}/{epochs}: loss {losses[-1]:.4f}")
    return losses
