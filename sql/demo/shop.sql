-- The demo's shop knows the sandbox's delivery methods: 1 and 2 online, 3 offline.
UPDATE giftbridge.shops SET payment_method = 1, online_methods = '{1,2}', offline_methods = '{3}' WHERE name = 'default'
