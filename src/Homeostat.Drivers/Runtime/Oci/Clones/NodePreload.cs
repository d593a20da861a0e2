namespace Homeostat.Drivers.Runtime.Oci.Clones;

/// <summary>
/// A script that Node.js loads before the program, for the two caches of random numbers in its JavaScript heap: randomUUID keeps 128 and
/// randomInt 1,024 drawn beforehand, which no reset of OpenSSL reaches. With it (and priming) only Math.random repeats in clones.
/// </summary>
internal static class NodePreload
{
    /// <summary>Where the cell shows it, read-only.</summary>
    public const string PathInCell = "/dev/.homeostat-node.cjs";

    /// <summary>The file's content.</summary>
    public const string Script = """
        'use strict';
        // Clones of this process must not share numbers that were drawn and kept before it was cloned.
        const crypto = require('crypto');
        const { randomUUID, randomInt } = crypto;
        const range48 = 2 ** 48;
        crypto.randomUUID = (options) => randomUUID({ ...options, disableEntropyCache: true });
        if (crypto.webcrypto) {
          const fresh = function () { return randomUUID({ disableEntropyCache: true }); };
          Object.defineProperty(fresh, 'name', { value: 'randomUUID' });
          Object.getPrototypeOf(crypto.webcrypto).randomUUID = fresh;
        }
        crypto.randomInt = function (min, max, callback) {
          const [low, high, done] = max === undefined || typeof max === 'function' ? [0, min, max] : [min, max, callback];
          const range = high - low;
          if (!Number.isSafeInteger(low) || !Number.isSafeInteger(high) || !(range > 0) || range >= range48 ||
              (done !== undefined && typeof done !== 'function')) {
            return randomInt.apply(this, arguments); // its errors, in its words
          }
          let number;
          do number = crypto.randomBytes(6).readUIntBE(0, 6); while (number >= range48 - (range48 % range));
          number = low + (number % range);
          if (done === undefined) return number;
          process.nextTick(done, undefined, number);
        };
        require('module').syncBuiltinESMExports();
        """;

    private const string Option = "--require=" + PathInCell;

    /// <summary>The environment with the script added to NODE_OPTIONS; the user's own options stay. Harmless for other programs.</summary>
    /// <param name="environment"><c>KEY=value</c>.</param>
    public static IReadOnlyList<string> AddTo(IReadOnlyList<string> environment)
    {
        const string Key = "NODE_OPTIONS=";
        var own = environment.LastOrDefault(e => e.StartsWith(Key, StringComparison.Ordinal));
        var value = own is null || own.Length == Key.Length ? Option : $"{own[Key.Length..]} {Option}";
        return [.. environment.Where(e => !e.StartsWith(Key, StringComparison.Ordinal)), Key + value];
    }

    /// <summary>Whether a process with this environment was started with the script.</summary>
    public static bool IsIn(IEnumerable<string> environment) =>
        environment.Any(e => e.StartsWith("NODE_OPTIONS=", StringComparison.Ordinal) && e.Contains(Option, StringComparison.Ordinal));
}
