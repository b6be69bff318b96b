/** The two voices facing each other: the page's sign, and what shows who has the floor. */

// Radii of the arcs, from the inside out; each lights up at a higher level.
const RADII = [16, 30, 44];
const GAP = 18;
// Half the angle of an arc.
const SPREAD = Math.PI * 0.27;

export function Voices() {
  return (
    <svg class="voices metered" viewBox="-72 -44 144 88" aria-hidden="true" focusable="false">
      <g class="caller">
        {RADII.map((radius) => (
          <path key={radius} d={arc(radius, -1)} />
        ))}
      </g>
      <circle class="between" r="4" />
      <g class="agent">
        {RADII.map((radius) => (
          <path key={radius} d={arc(radius, 1)} />
        ))}
      </g>
    </svg>
  );
}

/** Returns an arc that opens towards the middle, on the side `side` (-1 left, 1 right). */
function arc(radius: number, side: number): string {
  const x = side * (radius * Math.cos(SPREAD) + GAP - 6);
  const y = radius * Math.sin(SPREAD);
  const sweep = side > 0 ? 1 : 0;
  return `M${x.toFixed(2)} ${(-y).toFixed(2)}A${radius} ${radius} 0 0 ${sweep} ${x.toFixed(2)} ${y.toFixed(2)}`;
}
