using Mono.Cecil;

namespace VfioSharp.MonoFixup;

/// <summary>
/// Sizes and alignments of value types, as the runtime lays them out on a 64-bit machine: fields in their order, each at a multiple of its
/// alignment, the whole a multiple of the greatest. The class library is the one that this program runs on, whose public structures are as
/// large as Mono's; a type parameter counts as one aligned word.
/// </summary>
internal static class ValueTypes
{
    private static readonly Layout Word = new(8, 8);

    private static readonly Dictionary<string, Layout> Known = new(StringComparer.Ordinal)
    {
        ["System.Boolean"] = new(1, 1),
        ["System.SByte"] = new(1, 1),
        ["System.Byte"] = new(1, 1),
        ["System.Int16"] = new(2, 2),
        ["System.UInt16"] = new(2, 2),
        ["System.Char"] = new(2, 2),
        ["System.Int32"] = new(4, 4),
        ["System.UInt32"] = new(4, 4),
        ["System.Single"] = new(4, 4),
        ["System.Int64"] = Word,
        ["System.UInt64"] = Word,
        ["System.Double"] = Word,
        ["System.IntPtr"] = Word,
        ["System.UIntPtr"] = Word,
    };

    /// <summary>How a value of a type is laid out.</summary>
    /// <param name="type">Any type; a reference is a word.</param>
    public static Layout Of(TypeReference type)
    {
        if (type is OptionalModifierType or RequiredModifierType)
            return Of(((TypeSpecification)type).ElementType);
        if (!type.IsValueType)
            return Word;
        if (Known.TryGetValue(type.FullName, out var known))
            return known;
        if (Definition(type) is not { } definition)
            return Word;
        if (definition.IsEnum)
            return Of(definition.Fields.First(field => !field.IsStatic).FieldType);
        var layout = definition.IsExplicitLayout
            ? Overlay(definition)
            : Combine(definition.Fields.Where(field => !field.IsStatic).Select(field => Substitute(field.FieldType, type as GenericInstanceType)));
        return layout with { Size = Math.Max(layout.Size, definition.ClassSize) };
    }

    /// <summary>The definition of a type, or null for a type parameter.</summary>
    public static TypeDefinition? Definition(TypeReference type) => type.GetElementType().Resolve();

    /// <summary>A type with the arguments of a generic type in the place of its parameters.</summary>
    public static TypeReference Substitute(TypeReference type, IGenericInstance? instance) => type switch
    {
        // An argument can be a parameter of the caller's own, which is another one's than the position says.
        GenericParameter parameter when IsOf(parameter, instance) && parameter.Position < instance!.GenericArguments.Count =>
            instance.GenericArguments[parameter.Position],
        GenericInstanceType generic when generic.ContainsGenericParameter => SubstituteArguments(generic, instance),
        _ => type,
    };

    private static bool IsOf(GenericParameter parameter, IGenericInstance? instance) =>
        parameter.Type == GenericParameterType.Type ? instance is GenericInstanceType : instance is GenericInstanceMethod;

    private static GenericInstanceType SubstituteArguments(GenericInstanceType generic, IGenericInstance? instance)
    {
        var substituted = new GenericInstanceType(generic.ElementType);
        foreach (var argument in generic.GenericArguments)
            substituted.GenericArguments.Add(Substitute(argument, instance));
        return substituted;
    }

    private static Layout Combine(IEnumerable<TypeReference> fields)
    {
        var (size, alignment) = (0, 1);
        foreach (var field in fields.Select(Of))
        {
            size = Align(size, field.Alignment) + field.Size;
            alignment = Math.Max(alignment, field.Alignment);
        }

        return new Layout(Math.Max(1, Align(size, alignment)), alignment);
    }

    private static Layout Overlay(TypeDefinition definition)
    {
        var (size, alignment) = (1, 1);
        foreach (var field in definition.Fields.Where(field => !field.IsStatic))
        {
            var layout = Of(field.FieldType);
            size = Math.Max(size, field.Offset + layout.Size);
            alignment = Math.Max(alignment, layout.Alignment);
        }

        return new Layout(Align(size, alignment), alignment);
    }

    private static int Align(int offset, int alignment) => (offset + alignment - 1) / alignment * alignment;

    /// <summary>How a value is laid out.</summary>
    /// <param name="Size">Its size in bytes.</param>
    /// <param name="Alignment">What its address is a multiple of.</param>
    public readonly record struct Layout(int Size, int Alignment)
    {
        /// <summary>Whether Mono's code for s390x goes wrong where such a value is passed.</summary>
        public bool IsUnsafeArgument => Size is not (1 or 2 or 4) && Size % 8 != 0;
    }
}
