// From a point's coordinates to its place on the screen, in a scene and in a flat picture.
//
// Why: names and selections are drawn over the picture, and Plotly says where its points lie on the screen in flat pictures only.
// Unnecessary once Plotly places names (plotly.js#4674) and selects (plotly.js#3511) in scenes.

// What draws the scene, null before there is one; all of it is private to Plotly.
export function sceneOf(node) {
  const scene = node._fullLayout?.scene?._scene;
  return scene?.glplot ? scene : null;
}

// A function from a point's coordinates to its place in pixels, or null where it is not visible: behind the camera, or outside
// the axes. There is no function before the picture is drawn.
export function projector(node) {
  const scene = sceneOf(node);
  if (scene) return ofScene(scene, node._fullLayout._size);
  const { xaxis, yaxis } = node._fullLayout ?? {};
  return xaxis?._length && yaxis?._length ? ofAxes(xaxis, yaxis) : null;
}

function ofScene({ glplot, dataScale }, { l, t, w, h }) {
  const { projection, view, model } = glplot.cameraParams;
  const matrix = times(projection, times(view, model));
  const [sx, sy, sz] = dataScale;
  return (x, y, z) => {
    const [a, b, c] = [x * sx, y * sy, z * sz];
    const depth = matrix[3] * a + matrix[7] * b + matrix[11] * c + matrix[15];
    if (depth <= 0) return null;
    const across = (matrix[0] * a + matrix[4] * b + matrix[8] * c + matrix[12]) / depth;
    const up = (matrix[1] * a + matrix[5] * b + matrix[9] * c + matrix[13]) / depth;
    return [l + 0.5 * (1 + across) * w, t + 0.5 * (1 - up) * h];
  };
}

function ofAxes(xaxis, yaxis) {
  // ranges, not Plotly's own scale, which is updated only when a drag has ended
  const [left, right, low, high] = [...xaxis.range, ...yaxis.range];
  return (x, y) => {
    const [across, up] = [(x - left) / (right - left), (y - low) / (high - low)];
    if (across < 0 || across > 1 || up < 0 || up > 1) return null;
    return [xaxis._offset + across * xaxis._length, yaxis._offset + (1 - up) * yaxis._length];
  };
}

// The product of two matrices of 16 numbers, column by column, as in WebGL.
export function times(first, second) {
  const product = new Float64Array(16);
  for (let column = 0; column < 4; column++)
    for (let row = 0; row < 4; row++)
      for (let step = 0; step < 4; step++) product[4 * column + row] += first[4 * step + row] * second[4 * column + step];
  return product;
}
