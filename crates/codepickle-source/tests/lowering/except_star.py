try:
    a()
except* A as e:  # comment
    b()
except* (
    B,  # another
    C
) as e:
    c()
else:
    d()
finally:
    e()


def narrow():
  try: a()
  except* A:
    """not
indented"""
    b(
  1)
    # comment
    if c: \
  d()

    try:
      e()
    except* B, C: f(
        2)
    match g:
      case 1:
        try: h()
        except* D: pass
        finally: i()
      case 2: pass
  j()


def tabs():
	try: a()
	except* A:
		b()
		try: c()
		except* B:
				d()


class E:
    try: pass
    except*A: pass  # the end