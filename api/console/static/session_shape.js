// The session's data, with what the drawings look up again and again looked up once.

/** Return the data with, for each detection, the thing that it shows and its cell on the sheet. */
export function shapeSession(data) {
  const imageOf = new Map(data.images.map((image) => [image.image_id, image]));
  let cell = 0;
  for (const image of data.images) {
    for (const found of image.detections) found.cell = cell++;
  }
  const plan = data.plan;
  const commandOf = new Map((plan?.commands ?? []).map((one) => [one.item, one]));
  const asideOf = new Map((plan?.set_aside ?? []).map((one) => [one.item, one.reason]));
  const things = [
    ...(plan?.items ?? []).map((thing, number) => ({ kind: "item", number, ...thing })),
    ...(plan?.containers ?? []).map((thing, number) => ({ kind: "container", number, ...thing })),
  ];
  for (const thing of things) {
    thing.command = thing.kind === "item" ? commandOf.get(thing.number) : undefined;
    thing.aside = thing.kind === "item" ? asideOf.get(thing.number) : undefined;
    thing.told = data.explanation?.[`${thing.kind}s`]?.[thing.number];
    for (const [imageId, row] of thing.sightings ?? []) {
      const found = imageOf.get(imageId)?.detections[row];
      if (found) Object.assign(found, { thing, isBest: isBest(thing, imageId, found) });
    }
  }
  return {
    ...data,
    isFinal: data.is_final,
    imageOf,
    things,
    items: things.filter((thing) => thing.kind === "item"),
    containers: things.filter((thing) => thing.kind === "container"),
    commands: plan?.commands ?? [],
  };
}

/** Whether a detection is the one that shows its thing best. */
function isBest(thing, imageId, found) {
  const crop = thing.crop;
  return crop?.image_id === imageId && crop.xyxy_px.every((side, k) => Math.abs(side - found.box[k]) < 0.06);
}
