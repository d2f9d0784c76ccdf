for x in (a):
    try: b
    finally: continue
while c:
 try:
  d
 finally:
  for y in e: continue
  continue  # comment
else: f


def g():
	for x in 1, *h:
		try: pass
		finally:
			while i:
				try: pass
				finally: continue
			else:
				continue
			"""not
indented"""
	else:
		j


async def k():
    async for x in l(
        1
    ):
        try: m
        finally:
            if x: continue
    # the end
    else:
        n
