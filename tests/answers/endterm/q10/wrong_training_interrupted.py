# loses: q10-training-test
# The run was interrupted in its second epoch.

# %% [output] q10-training
# epoch 1/2: loss 0.2263
# ---------------------------------------------------------------------------
# KeyboardInterrupt                         Traceback (most recent call last)
# Cell In[21], line 6
#       4 network = CNN()
# ----> 5 train(network, train_images, train_labels, epochs=2, lr=0.001)
# 
# KeyboardInterrupt: 
