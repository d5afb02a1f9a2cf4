// Where a command writes: what it did to standard output, what stands against it to standard error.

export const say = (line: string) => process.stdout.write(`${line}\n`);
export const complain = (line: string) => process.stderr.write(`${line}\n`);
