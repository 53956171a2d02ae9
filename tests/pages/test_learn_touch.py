"""The first three steps of the Learn page: the matrix, the dot product by hand, factors in slow motion."""


def losses(app):
    (line,) = (each.value for each in app.markdown if each.value.startswith("Step "))
    return float(line.split("**")[1])


def test_matrix_is_filled(visit):
    app = visit("learn", step="matrix")
    assert [each.label for each in app.metric] == ["Blank in this part", "Blank in the whole matrix"]
    assert app.metric[1].value == "93.0 %"  # 45,456 of 650 × 1,000 cells
    assert '"predicted' not in app.get("plotly_chart")[0].proto.spec
    app.toggle(key="matrix_filled").set_value(True)
    app.segmented_control(key="matrix_part").set_value("Cross-section")
    app.slider(key="matrix_users").set_value(6).run()
    assert not app.exception and float(app.metric[0].value.split()[0]) > 85
    assert "predicted %{text}" in app.get("plotly_chart")[0].proto.spec


def test_dot_product_to_the_last_digit(visit):
    app = visit("learn", step="dot-product")
    texts = lambda: " ".join(each.value for each in app.markdown)  # noqa: E731
    assert "**2.142**" in texts() and "**−1.611**" in texts()
    app.slider(key="dot_0_0_0").set_value(1.0).run()
    assert "**2.24**" in texts()  # 0.98 · 0.1 more
    app.selectbox(key="dot_who").set_value("Casablanca").run()
    app.selectbox(key="dot_who").set_value("The user").run()
    assert app.slider(key="dot_0_0_0").value == 1.0  # what was moved stays, in sight or not
    app.button(key="dot_reset").click().run()
    assert "**2.142**" in texts() and app.slider(key="dot_0_0_0").value == 0.9
    app.segmented_control(key="telling").set_value("Star Wars").run()
    assert "**2.142**" in texts() and "**0.011**" in texts() and not app.exception


def test_slow_motion_steps_plays_and_overshoots(visit):
    app = visit("learn", step="slow-motion")
    first = losses(app)
    app.button(key="slow_next").click().run()
    second = losses(app)
    assert second < first
    app.button(key="slow_play").click().run()
    assert losses(app) < second and app.button(key="slow_play").label == "Pause"
    app.button(key="slow_play").click().run()
    assert app.button(key="slow_play").label == "Play"
    app.button(key="slow_reset").click().run()
    assert losses(app) == first
    app.select_slider(key="slow_rate").set_value(2.0).run()
    app.segmented_control(key="slow_shown").set_value("Gradients").run()
    for _ in range(4):
        if not app.button(key="slow_next").disabled:
            app.button(key="slow_next").click().run()
    assert not app.exception and losses(app) > first
    assert any("without end" in each.value for each in app.markdown)
