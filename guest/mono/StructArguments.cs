using Mono.Cecil;

namespace VfioSharp.MonoFixup;

/// <summary>
/// Mono's code generator for s390x passes a value that fits in no register by the address of a copy, and copies whole words of 8 bytes into
/// a variable that is only as large as the value (mono/mini/mini-s390x.c, mono_arch_emit_outarg_vt: mini_type_stack_size, where the variable
/// has mono_class_value_size). What lies behind the copy is overwritten: a passed value of 20 bytes can destroy a reference. Types that
/// nothing outside the runtime looks at get a field of 8 bytes, which makes their sizes, and those of what contains them, multiples of 8.
/// </summary>
/// <param name="assemblies">The assemblies to change.</param>
internal sealed class StructArguments(PublishedAssemblies assemblies)
{
    private const string Padding = "<padding>";

    /// <summary>Pads the types.</summary>
    /// <returns>The types that were padded.</returns>
    public IReadOnlyList<TypeDefinition> Pad()
    {
        var interop = new InteropTypes(assemblies);
        var types = assemblies.All.SelectMany(assembly => assembly.MainModule.GetTypes())
            .Where(type => type.IsValueType && !type.IsEnum && !interop.Contains(type) && MayBeUnsafe(type)).ToList();
        foreach (var type in types)
            type.Fields.Add(new FieldDefinition(Padding, FieldAttributes.Private, type.Module.TypeSystem.Int64));
        return types;
    }

    /// <summary>
    /// Calls that go wrong all the same: with types whose layout has to stay, and with the class library's own. Members that the compiler
    /// made, such as a record's, are passed over: whoever passes the record's value is found himself.
    /// </summary>
    public IEnumerable<UnsafeCall> FindUnsafeCalls() =>
        from assembly in assemblies.All
        from type in assembly.MainModule.GetTypes()
        from method in type.Methods.Where(method => method.HasBody && method.CustomAttributes.All(attribute => attribute.AttributeType.Name != "CompilerGeneratedAttribute"))
        from instruction in method.Body.Instructions
        let called = instruction.Operand as MethodReference
        where called is not null
        from parameter in called.Parameters
        let passed = ArgumentType(parameter.ParameterType, called)
        where passed.IsValueType && ValueTypes.Of(passed).IsUnsafeArgument
        select new UnsafeCall(assembly, $"{type.FullName}.{method.Name}", $"{called.DeclaringType.FullName}.{called.Name}", $"{passed.FullName} ({ValueTypes.Of(passed).Size} bytes)");

    /// <summary>A call that overwrites what lies behind the copy of an argument.</summary>
    /// <param name="Assembly">Where it is.</param>
    /// <param name="Caller">The method that calls.</param>
    /// <param name="Called">The method that is called.</param>
    /// <param name="Argument">The argument's type and size.</param>
    public sealed record UnsafeCall(AssemblyDefinition Assembly, string Caller, string Called, string Argument)
    {
        // Only made where somebody gives a token for a virtual function; a property cannot take its value by reference.
        private const string Tolerated = "VfioSharp.VfioOptions.set_VfToken";

        /// <summary>Whether the call is the project's own, and so can be changed: take the argument by reference ("in").</summary>
        public bool IsOurs => Assembly.Name.Name.StartsWith("vfio", StringComparison.OrdinalIgnoreCase) && Called != Tolerated;

        public override string ToString() => $"{Assembly.Name.Name}: {Caller} passes {Argument} by value to {Called}";
    }

    // A type of one aligned field, or of a few that fill a register, can be passed, but not what Nullable makes of the latter.
    private static bool MayBeUnsafe(TypeDefinition type)
    {
        var (size, alignment) = ValueTypes.Of(type);
        return type.HasGenericParameters ? !type.Fields.Any(IsWordForCertain) : alignment < 8 && size != alignment;
    }

    private static bool IsWordForCertain(FieldDefinition field) =>
        !field.IsStatic && !field.FieldType.ContainsGenericParameter && ValueTypes.Of(field.FieldType).Alignment == 8;

    private static TypeReference ArgumentType(TypeReference type, MethodReference called)
    {
        var passed = ValueTypes.Substitute(type, called.DeclaringType as GenericInstanceType);
        return ValueTypes.Substitute(passed, called as GenericInstanceMethod);
    }
}
